#!/bin/sh
# `docker run IMAGE demo` runs a command of the program. A pipeline file of flowctl's names the whole command, which
# begins with `node`, and a shell may be wanted to look around.
set -e
case "$1" in
node | sh | bash) exec "$@" ;;
*) exec node /app/dist/src/main.js "$@" ;;
esac

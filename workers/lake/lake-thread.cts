/** What a lake thread loads: `decode-objects.ts`, by import(), for the reason told in `decode-thread.cts`. */
module.exports = import('./decode-objects.js').then((entry) => entry.default);

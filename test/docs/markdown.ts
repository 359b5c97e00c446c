/** The documents that people write, and what stands in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Document {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
  /** The text without its code blocks. */
  readonly prose: string;
  /** The lines of its code blocks. */
  readonly code: readonly string[];
}

const FOLDERS = ['.', 'docs', 'docs/adr', 'examples', 'deploy'];
const CODE_BLOCK = /^ *```[a-z]*\n([\s\S]*?)^ *```$/gm;

export const DOCUMENTS: readonly Document[] = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => documentAt(join(folder, name))),
);

function documentAt(path: string): Document {
  const text = readFileSync(path, 'utf8');
  return {
    path,
    text,
    prose: text.replaceAll(CODE_BLOCK, ''),
    code: [...text.matchAll(CODE_BLOCK)].flatMap(([, block]) => block!.split('\n')),
  };
}

/** What stands in backquotes. */
export function quoted({ prose }: Document): string[] {
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);
}

/** The anchors of its headings, as GitHub makes them. */
export function anchors({ prose }: Document): Set<string> {
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

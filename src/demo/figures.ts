/** Numbers as the demo prints them. */

export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function megabytes(bytes: number): string {
  return `${count(bytes / 1e6)} MB`;
}

/** A bar of `width` characters of which `share`, 0 to 1, is full. */
export function bar(share: number, width: number): string {
  const full = Math.round(share * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

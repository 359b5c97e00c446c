/** Numbers and times as people read them. Everything takes what /status.json has, and gives text. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Three digits or so: 12,345 or 1.2 below ten. */
export function count(value) {
  const digits = value !== 0 && Math.abs(value) < 10 && !Number.isInteger(value) ? 1 : 0;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

export function bytes(value) {
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${scaled.toLocaleString('en', { maximumFractionDigits: scaled < 10 && unit > 0 ? 1 : 0 })} ${UNITS[unit]}`;
}

export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

export function duration(seconds) {
  if (seconds < 60) return `${count(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

export function time(iso) {
  return new Date(iso).toLocaleTimeString('en', { hour12: false });
}

export function sum(values) {
  return count(Object.values(values).reduce((total, value) => total + value, 0));
}

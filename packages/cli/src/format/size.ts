const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** A number of bytes in three digits and a unit, 1 KB being 1,024 bytes: `812 bytes`, `3.42 MB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

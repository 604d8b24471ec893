const DURATIONS = [
  { name: 'ns', nanos: 1, below: 1_000 },
  { name: 'us', nanos: 1e3, below: 1_000 },
  { name: 'ms', nanos: 1e6, below: 1_000 },
  { name: 's', nanos: 1e9, below: 600 },
  { name: 'min', nanos: 60e9, below: 600 },
  { name: 'h', nanos: 3_600e9, below: Number.POSITIVE_INFINITY },
];

/** A duration in three digits and a unit: `812 us`, `3.42 ms`, `1.20 s`. */
export function formatDuration(nanos: number): string {
  for (const unit of DURATIONS) {
    const digits = threeDigits(nanos / unit.nanos, unit.nanos === 1);
    if (Number(digits) < unit.below) {
      return `${digits} ${unit.name}`;
    }
  }
  return `${nanos} ns`;
}

function threeDigits(value: number, isWhole: boolean): string {
  if (isWhole || value >= 99.95) {
    return value.toFixed(0);
  }
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

const SIZES = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** A number of bytes in three digits and a unit, 1 KB being 1,024 bytes: `812 bytes`, `3.42 MB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${SIZES[unit]}`;
}

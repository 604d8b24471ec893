/**
 * The regularized incomplete beta function I_x(a, b): how likely a Beta(a, b) variable is at most `x`. By its continued
 * fraction (https://dlmf.nist.gov/8.17#v), evaluated by the method of Lentz in the form of Thompson and Barnett (1986).
 * jstat has it without types or releases of late, and the packages of stdlib bring a hundred others along.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // Nine standard deviations away the answer is 0 or 1 to all digits that matter here, and the fraction would be slow.
  const mean = a / (a + b);
  const deviation = Math.sqrt((mean * (1 - mean)) / (a + b + 1));
  if (Math.min(a, b) > 100 && Math.abs(x - mean) > 9 * deviation) return x < mean ? 0 : 1;
  // The fraction converges fast on this side of the mean; the other follows by symmetry
  // (https://dlmf.nist.gov/8.17.E4).
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b));
  return (front / a) * continuedFraction(x, a, b);
}

const MAX_STEPS = 20_000;
const TINY = 1e-300;
const PRECISION = 1e-12;

function continuedFraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let step = 1; step <= MAX_STEPS; step++) {
    const even = (step * (b - step) * x) / ((a + 2 * step - 1) * (a + 2 * step));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + step) * (a + b + step) * x) / ((a + 2 * step) * (a + 2 * step + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return fraction;
}

/** Stirling's series (https://dlmf.nist.gov/5.11.E1), from 10 on, where five terms are good to 13 digits. */
function logGamma(value: number): number {
  let shift = 0;
  let z = value;
  while (z < 10) {
    shift -= Math.log(z);
    z += 1;
  }
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}

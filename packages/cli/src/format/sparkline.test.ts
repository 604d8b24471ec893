import { describe, expect, it } from 'vitest';
import { renderSparkline } from './sparkline.js';

describe('a sparkline', () => {
  it('is as high as the numbers are large, and hides none', () => {
    expect(renderSparkline({ isUnicode: true }, [0, 1, 4, 8, 1_000])).toBe(' ▁▁▁█');
    expect(renderSparkline({ isUnicode: true }, [1, 2, 3, 4, 5, 6, 7, 8])).toBe('▁▂▃▄▅▆▇█');
    expect(renderSparkline({ isUnicode: false }, [0, 1, 4, 8])).toBe(' .=@');
    expect(renderSparkline({ isUnicode: true }, [0, 0])).toBe('  ');
  });
});

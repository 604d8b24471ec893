/** Ends an iteration after `count` items that are counted; reads none that it does not hand on. */
export async function* limited<Item>(
  items: AsyncIterable<Item>,
  count: number,
  isCounted: (item: Item) => boolean = () => true,
): AsyncGenerator<Item> {
  let left = count;
  for await (const item of items) {
    if (isCounted(item)) {
      if (left === 0) return;
      left -= 1;
    }
    yield item;
  }
}

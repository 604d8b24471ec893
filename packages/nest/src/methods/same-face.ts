/**
 * Gives a wrapper the name, the length, the other own properties and the metadata of the function that it stands for.
 * Nest keeps routes, guards and message patterns in metadata of the function.
 */
export function wearFaceOf(wrapper: object, method: object): void {
  const { prototype, ...own } = Object.getOwnPropertyDescriptors(method) as PropertyDescriptorMap;
  Object.defineProperties(wrapper, own);
  if (prototype !== undefined && 'value' in prototype) Reflect.set(wrapper, 'prototype', prototype.value);
  for (const key of Reflect.getOwnMetadataKeys?.(method) ?? []) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
  }
}

const NO_TRACE = Symbol.for('ferretjs.nest.noTrace');

/**
 * Leaves requests to a handler, or to all handlers of a controller, out of the file, with every span measured in them.
 *
 * @example
 * class Health {
 *   @NoTrace()
 *   check() {}
 * }
 */
export function NoTrace(): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(NO_TRACE, true, descriptor?.value ?? target);
  };
}

/** Whether a controller or a handler has `@NoTrace()`. */
export function isUntraced(marked: object): boolean {
  return Reflect.getMetadata(NO_TRACE, marked) === true;
}

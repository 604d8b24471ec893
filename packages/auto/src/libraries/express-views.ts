import { currentSpan } from '@ferretjs/core';
import { type Leaf, startLeaf } from '@ferretjs/core/adapter';
import { withoutValues } from '../database/failure.js';
import { FewNames } from '../few-names.js';
import { type Method, wrapAll } from '../wrap-method.js';

/** An application may take the name of a view from a request. */
const names = new FewNames();

/** Patches the prototype of applications. `res.render` goes through `app.render`, with a callback in any case. */
export function patchApplication(application: unknown): void {
  wrapAll(application as object, { render: aroundRender });
}

/** The span has the name of the view, and nothing of what is put into it. */
function aroundRender(original: Method): Method {
  return function render(this: unknown, ...args: unknown[]) {
    const at = typeof args[1] === 'function' ? 1 : 2;
    const callback = args[at];
    if (currentSpan() === undefined || typeof callback !== 'function') return original.apply(this, args);
    const [name] = args;
    const leaf = startLeaf(
      typeof name === 'string' && names.has(name) ? `view.render ${name}` : 'view.render',
      'internal',
    );
    if (leaf === undefined) return original.apply(this, args);
    args[at] = function rendered(this: unknown, ...answer: unknown[]) {
      settle(leaf, answer[0]);
      return callback.apply(this, answer) as unknown;
    };
    try {
      return original.apply(this, args);
    } catch (error) {
      settle(leaf, error);
      throw error;
    }
  };
}

/** Templates quote their values in messages. */
function settle(leaf: Leaf, error: unknown): void {
  if (error === null || error === undefined) leaf.end();
  else leaf.fail(withoutValues(error));
}

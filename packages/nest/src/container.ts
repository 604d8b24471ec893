/**
 * For `@ferretjs/auto`: all that is seen of a Nest application by its container. Loads neither Nest nor rxjs, which the
 * application has. Applications use `FerretModule`.
 */
export { type ContainerLike, watchContainer, watchProviders } from './watch-container.js';

/** The entry for instrumentations of databases: what a span may say of a query, without any of its values. */
export { describeQuery, type QueryDescription } from './sql/describe-query.js';
export type { SqlSystem } from './sql/dialect.js';
export { hashParameters } from './sql/parameters.js';

/** Route templates of the apps under test: all alike, as many as the measure wants. */
export const route = (index) => (index === 0 ? '/users/:id' : `/users-${index}/:id`);

/** The path of each request: another user and the next route each time. */
export const pathOf = (request, routes) => route(request % routes).replace(':id', String(request % 1_000));

/** The answer of every handler. */
export const userOf = (id) => ({ id, name: 'Ada Lovelace', plan: 'pro', visits: 42 });

/** Route templates of the apps under test: all alike, as many as the measure wants. */
export const route = (index) => (index === 0 ? '/users/:id' : `/users-${index}/:id`);

/** What is asked for: another user and the next route each time. */
export const pathOf = (request, routes) => route(request % routes).replace(':id', String(request % 1_000));

/** What every handler answers. */
export const userOf = (id) => ({ id, name: 'Ada Lovelace', plan: 'pro', visits: 42 });

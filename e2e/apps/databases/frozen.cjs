// Loaded before Ferret: clients whose classes cannot be changed.

for (const prototype of [
  require('mysql/lib/Connection.js').prototype,
  require('mongodb/lib/cmap/connection.js').Connection.prototype,
  require('knex/lib/client.js').prototype,
  require('tedious/lib/connection.js').prototype,
]) {
  Object.freeze(prototype);
}

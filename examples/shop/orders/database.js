const SCHEMA = [
  'CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT, quantity INTEGER, price INTEGER)',
  "INSERT INTO orders (item, quantity, price) VALUES ('desk', 1, 249), ('shelf', 4, 236)",
];

/**
 * Opens the orders' database, new with yesterday's orders in it.
 * @param {string} path
 */
export async function openDatabase(path) {
  const db = await open(path);
  db.exec(SCHEMA.join('; '));
  return db;
}

/** Node's own SQLite where it has one, else the npm package, whose API is the same as far as it is needed here. */
async function open(path) {
  try {
    const { DatabaseSync } = await import('node:sqlite');
    return new DatabaseSync(path);
  } catch (error) {
    if (error.code !== 'ERR_UNKNOWN_BUILTIN_MODULE') throw error;
    const { default: Database } = await import('libsql');
    return new Database(path);
  }
}

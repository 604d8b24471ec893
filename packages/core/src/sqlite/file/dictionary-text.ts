/**
 * The text of a column that holds the id of a row in `string` or, as text, the string itself (schema.ts): a text '42'
 * is no id. The id of a string that is not there, as in a damaged file, is shown as it is.
 */
export function textOf(column: string): string {
  return `CASE typeof(${column})
    WHEN 'integer' THEN coalesce((SELECT string.text FROM string WHERE string.id = ${column}), CAST(${column} AS TEXT))
    WHEN 'null' THEN NULL
    ELSE CAST(${column} AS TEXT)
  END`;
}

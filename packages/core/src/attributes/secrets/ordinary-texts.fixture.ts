/** Texts without a secret, which must stay unchanged. Add a new one as a new line. */
// biome-ignore format: a list
export const ORDINARY_TEXTS: readonly string[] = [
  // Identifiers
  '550e8400-e29b-41d4-a716-446655440000', '{550E8400-E29B-41D4-A716-446655440000}', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'cjld2cjxh0000qzrmn831i7rn',
  'd41d8cd98f00b204e9800998ecf8427e', 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '507f1f77bcf86cd799439011', 'order-2024-000123', 'INV-2024/00017', 'ORD-8842-1173',
  'SKU-4711-XL-blue', 'cus_NffrFeUfNV2Hib', 'pi_3MtwBwLkdIwHu7ix28a3tqPa', 'ch_3MmlLrLkdIwHu7ix0snN0B15', 'evt_1NG8Du2eZvKYlo2CUI79vXWy', 'price_1MoBy5LkdIwHu7ixZhnattbh',
  'TT-1234', 'PROJ-4711', 'U012ABCDEF', '1700000000000', '1700000000000000', '0000000000000000', '4111111111111112', '+49 30 901820', '978-3-16-148410-0',
  'DE89 3704 0044 0532 0130 00', '2024-11-30T09:21:25.123Z', '12:30:45', '3.14159265358979', '192.168.0.1:8080', '[2001:db8::1]:443', '00:1B:44:11:3A:B7',
  'arn:aws:s3:::bucket/key/of/object', 'arn:aws:iam::123456789012:user/bob', 'projects/p/locations/global/keyRings/r/cryptoKeys/k:encrypt',
  // Slugs, names, versions
  'how-to-reset-your-password', 'the-secret-garden', 'monkeys_and_more', 'task-force-one', 'risk-assessment-2024-final-version', 'sk-loading-spinner-animation-container',
  'disk-usage-report', 'api-gateway-production-v2', 'pat-the-bunny', 'key-west-florida-holiday-rentals', 'node_modules/@scope/pkg/dist/index.js', 'v20.11.1', '1.2.3-beta.4+build.5',
  'npm_lifecycle_event', 'npm_package_version', 'npm_config_registry', 'hf_hub_download', 'secret_santa_2024', 'pscale', 'xoxo', 'SK', 'sl.no', 'dp.example', 'hvs', 'sb_secret',
  'sdk-core', 'gsk', 'glc_dump', 's.toString()', 'rubygems_mirror', 'ntn_page', 'pul-request', 'EAAA', 'github_pat', 'google.com', 'figo_bank', 'aio_pika',
  // Paths and queries
  '/api/users/42/orders/77', '/api/v1/sessions', '/api/keys', '/oauth/token', '/login/callback', '/users/:token', '/reset-password', '/auth/session/refresh', '/.well-known/openid-configuration',
  '/api/tokens/count', '/search/a=b', '/files/report%20final.pdf', '/caf%C3%A9/men%C3%BC', '/100%25', '/a%2Fb', 'page=2&sort=name', 'q=red+shoes&size=42', 'state=open', 'state=CA&country=US', 'code=404',
  'code=ENOENT', 'ticket=4711', 'filter%5Bname%5D=bob&columns%5B0%5D%5Bdata%5D=id', 'redirect=https%3A%2F%2Fhost%2Fpath%3Fpage%3D2', 'mail=someone@example.com', 'utm_source=x&utm_medium=y', 'lat=52.5200066&lng=13.4049540',
  'author=x&monkey=1&keyboard=de&design=2', 'http://localhost:3000/@scope/pkg?mail=a@b.c', 'https://medium.com/@someone/a-post', 'https://user.example.com:8443/a?b=c#d', 'http://[::1]:3000/@scope', 'mailto:someone@example.com',
  'git@github.com:owner/repository.git', 'file:///srv/app/key.js:10:5', 'postgres://localhost:5432/shop', 'redis://cache.internal:6379/0',
  // Messages
  'Unexpected token: }', `Unexpected token '<', "<!DOCTYPE "... is not valid JSON`, 'Unexpected token < in JSON at position 0', `Cannot read properties of undefined (reading 'token')`, 'The "key" argument must be of type string. Received undefined',
  'TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string', 'connect ECONNREFUSED 127.0.0.1:5432', 'getaddrinfo ENOTFOUND db.internal', 'status code: 404', 'error code: P2002', 'error code=P2002', 'exit code=ERR_HTTP2_ERROR',
  'password must have at least 8 characters', 'the password is required', 'the password is too short', 'the token is expired', 'the session has expired', 'your session is in progress', 'invalid password', 'Basic information about you', 'basic auth is not supported',
  'key => value, token === x, token=', 'duplicate key value violates unique constraint "users_email_key"', 'no key in the map', 'a key to the city', 'pass it to "next"', 'sign in', 'the secret of success', 'state: open', 'ticket: 42', 'code: 23505',
  'at run (file:///srv/app/key.js:10:5)', 'at async Session.run (/app/src/session.ts:10:5)', 'at /app/auth/token-service.js:120:33', 'at Object.<anonymous> (C:\\app\\keys\\token.js:1:7)', 'at process.processTicksAndRejections (node:internal/process/task_queues:95:5)', 'key.js:10',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36', 'curl/8.4.0', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)', 'text/html;q=0.9,*/*;q=0.8', 'max-age=3600, must-revalidate', 'gzip, deflate; q=0.5',
  'Invalid password: must be at least 8 characters', 'password: string', 'password: string; token: number;', 'token: undefined', 'token: expired', 'secret: null, a: 1', 'Invalid token: expected string, received undefined', 'password: Required',
  'interface User { name: string; password: string }', 'token: the signature is wrong', 'session: not found', 'api key: missing', 'password: too short', 'Validation failed: password: should not be empty', 'token: string | undefined', 'code=SAVE20', 'code=BLACKFRIDAY', '/shop?code=SUMMER2024&page=2',
  // Statements and data
  'select * from t where a.session_id = b.session_id and a.key = b.key', 'select * from users where password = ?', 'select * from users where token = $1 and id = $2', 'where token = :token', 'where [key] = @p1', 'where password = ? and a = 1',
  'INSERT INTO users (name, password) VALUES (?, ?)', 'INSERT INTO users (name, password) VALUES ($1, $2), ($3, $4)', `insert into t (a, b) values ('x', 'y')`, 'select count(*) as tokens from t', 'ALTER TABLE t ADD PRIMARY KEY (id)', 'create index t_key on t (a)',
  `order by name = 'x'`, 'query { user(id: 42) { name } }', 'mutation Login($password: String!) { id }', '{"a":"b","c":[1,2,{"d":null}]}', '{"status":"ok","code":"E_OK","state":"CA"}', 'user: bob\nrole: admin\n', '<user><name>bob</name></user>', 'a && b || c', 'x = y + z', 'C:\\Users\\bob\\notes.txt',
  '^\\d+(?:\\.\\d+)*$', '100 % of 20 & 30', 'R&D &amp; more', '----- a line -----', '=====', `${'x'.repeat(200)}==`, '\u65e5\u672c\u8a9e: \u30c6\u30b9\u30c8', 'Stra\u00dfe: 12', '\ud800 \0 \uffff', '',
];

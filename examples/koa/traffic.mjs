/** The actions of the library's readers, with the frequency of each out of 100. For scripts/traffic.mjs. */
export function usage({ pick, send }) {
  const subject = () => ['history', 'poetry', 'travel', 'mathematics'][pick(4)];
  const branch = () => `/branches/${['central', 'hillside', 'riverside'][pick(3)]}`;
  const shelf = () => `${branch()}/members/${1 + pick(40)}/loans`;
  const loan = () => JSON.stringify({ book: 1 + pick(60), pin: '4711' });

  return [
    [26, () => send('GET', `/catalogue/books?subject=${subject()}`)],
    [24, () => send('GET', `/catalogue/books/${1 + pick(66)}`)],
    [6, () => send('GET', `/catalogue/search?q=a+${subject()}+of+everything`)],
    [2, () => send('GET', `/catalogue/search?q=${subject()}`, { abort: 30 })],
    [2, () => send('GET', '/catalogue/export')],
    [3, () => send('GET', '/catalogue/export', { abort: 90 })],
    [9, () => send('GET', shelf())],
    [9, () => send('POST', `${shelf()}?access_token=s3cr3t`, { body: loan() })],
    [2, () => send('POST', shelf(), { body: '{"broken":' })],
    [5, () => send('DELETE', `${shelf()}/${pick(900)}`)],
    [2, () => send('GET', `${branch()}/overdue`)],
    [2, () => send('GET', '/branches/harbour/overdue')],
    [4, () => send('HEAD', '/catalogue/books?subject=poetry')],
    [4, () => send('GET', `/wp-login-${pick(1000)}.php`)],
  ];
}

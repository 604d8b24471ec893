/** The actions of the shop's users, with the frequency of each out of 100. For scripts/traffic.mjs. */
export function usage({ pick, send }) {
  const order = () => JSON.stringify({ product: 1 + pick(40), quantity: 1 + pick(3), card: '4111 1111 1111 1111' });
  const tenant = () => ['acme', 'globex', 'initech'][pick(3)];

  return [
    [30, () => send('GET', `/api/tenants/${tenant()}/products?page=${pick(9)}`)],
    [25, () => send('GET', `/api/tenants/${tenant()}/products/${1 + pick(45)}`)],
    [8, () => send('GET', `/api/tenants/${tenant()}/orders`)],
    [8, () => send('POST', `/api/tenants/${tenant()}/checkout?api_key=s3cr3t`, { body: order() })],
    [2, () => send('POST', `/api/tenants/${tenant()}/checkout`, { body: '{"broken":' })],
    [5, () => send('GET', '/reports/daily')],
    [3, () => send('GET', '/reports/daily', { abort: 60 })],
    [3, () => send('GET', '/reports/export', { abort: 120 })],
    [2, () => send('GET', '/reports/export')],
    [3, () => send('GET', '/reports/broken')],
    [5, () => send('HEAD', `/api/tenants/${tenant()}/products`)],
    [6, () => send('GET', `/wp-login-${pick(1000)}.php`)],
  ];
}

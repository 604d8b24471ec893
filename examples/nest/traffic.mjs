/** The actions of the ticket office's customers, with the frequency of each out of 100. For scripts/traffic.mjs. */
export function usage({ pick, send }) {
  const venue = () => `/api/venues/${['opera', 'arena', 'cellar'][pick(3)]}`;
  const event = () => `${venue()}/events/${1 + pick(40)}`;
  const booking = () =>
    JSON.stringify({ event: 1 + pick(40), people: pick(5), card: `411111111111111${pick(10)}`, name: 'A. Customer' });

  return [
    [24, () => send('GET', `${venue()}/events`)],
    [22, () => send('GET', event())],
    [2, () => send('GET', `${venue()}/events/99`)],
    [2, () => send('GET', `${venue()}/events/tonight`)],
    [8, () => send('GET', `${event()}/seats?people=${1 + pick(4)}`)],
    [3, () => send('GET', `${event()}/seats?people=6`, { abort: 25 })],
    [3, () => send('GET', `${event()}/live`)],
    [2, () => send('GET', `${event()}/live`, { abort: 20 })],
    [14, () => send('POST', `${venue()}/bookings?session_token=s3cr3t`, { body: booking() })],
    [2, () => send('POST', `${venue()}/bookings`, { body: '{"broken":' })],
    [4, () => send('DELETE', `${venue()}/bookings/${pick(900)}`)],
    [3, () => send('GET', `${venue()}/bookings/report`, { headers: { 'x-badge': '7' } })],
    [2, () => send('GET', `${venue()}/bookings/report`)],
    [5, () => send('GET', '/api/health')],
    [4, () => send('GET', `/wp-login-${pick(1000)}.php`)],
  ];
}

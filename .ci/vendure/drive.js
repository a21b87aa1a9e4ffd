// Buys in a running Vendure and passes on to Comeback what its plugin posts: an order is authorised and cancelled, one is paid
// and refunded in part, and one is placed while nobody listens. The bodies are stored in the folder RECORD.
const http = require('http');
const { writeFileSync } = require('fs');

const { COMEBACK_HOOK, RECORD, SHOP_PORT, RELAY_PORT } = process.env;
const shop = `http://127.0.0.1:${SHOP_PORT}/shop-api`, admin = `http://127.0.0.1:${SHOP_PORT}/admin-api`;
const pause = ms => new Promise(done => setTimeout(done, ms));
const tokens = {};
let posts = 0;

// passOn listens where the plugin posts.
function passOn() {
  const server = http.createServer((request, answer) => {
    let body = '';
    request.on('data', part => { body += part; });
    request.on('end', async () => {
      writeFileSync(`${RECORD}/${String(++posts).padStart(3, '0')}.json`, body + '\n');
      const { 'x-timestamp': stamp, 'x-signature': signature } = request.headers;
      const headers = { 'Content-Type': 'application/json', 'X-Timestamp': stamp, 'X-Signature': signature };
      const got = await fetch(COMEBACK_HOOK, { method: 'POST', body, headers });
      answer.writeHead(got.status);
      answer.end(await got.text());
    });
  });
  return new Promise(done => server.listen(Number(RELAY_PORT), '127.0.0.1', () => done(server)));
}

// call asks one of the two APIs. Each person has a token.
async function call(api, who, query, variables = {}) {
  const headers = { 'Content-Type': 'application/json', ...(tokens[who] && { Authorization: `Bearer ${tokens[who]}` }) };
  const answer = await fetch(api, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  tokens[who] = answer.headers.get('vendure-auth-token') ?? tokens[who];
  const { data, errors } = await answer.json();
  const value = data && Object.values(data)[0];
  if (errors || value?.errorCode) throw new Error(JSON.stringify(errors ?? value));
  return value;
}

const wrong = '... on ErrorResult { errorCode message }';

// buys places an order whose payment is authorised.
async function buys(who, quantity) {
  const does = (mutation, variables) => call(shop, who, `mutation ${mutation}`, variables);
  await does(`($n: Int!) { addItemToOrder(productVariantId: "1", quantity: $n) { ... on Order { id } ${wrong} } }`, { n: quantity });
  await does(`($e: String!) { setCustomerForOrder(input: {firstName: "Ann", lastName: "Lee", emailAddress: $e})
    { ... on Order { id } ${wrong} } }`, { e: `${who}@example.com` });
  await does(`{ setOrderShippingAddress(input: {fullName: "Ann Lee", streetLine1: "1 High Street", city: "Wien", postalCode: "1010",
    countryCode: "AT"}) { ... on Order { id } ${wrong} } }`);
  const [post] = await call(shop, who, '{ eligibleShippingMethods { id } }');
  await does(`($id: [ID!]!) { setOrderShippingMethod(shippingMethodId: $id) { ... on Order { id } ${wrong} } }`, { id: [post.id] });
  await does(`{ transitionOrderToState(state: "ArrangingPayment") { ... on Order { id } ${wrong} } }`);
  const order = await does(`{ addPaymentToOrder(input: {method: "dummy", metadata: {}})
    { ... on Order { id code payments { id } lines { id } } ${wrong} } }`);
  await quiet();
  return order;
}

// quiet waits until nothing is posted for three seconds.
async function quiet() {
  for (let before = -1; before !== posts; await pause(3000)) before = posts;
}

async function main() {
  let listening = await passOn();
  const manages = (mutation, variables) => call(admin, 'admin', `mutation ${mutation}`, variables);
  await manages(`{ login(username: "superadmin", password: "superadmin") { ... on CurrentUser { id } ${wrong} } }`);

  const cancelled = await buys('cancelled', 1);
  await manages(`($id: ID!) { cancelOrder(input: {orderId: $id, reason: "changed", cancelShipping: true})
    { ... on Order { id } ${wrong} } }`, { id: cancelled.id });

  const paid = await buys('paid', 2), [payment] = paid.payments;
  await manages(`($id: ID!) { settlePayment(id: $id) { ... on Payment { id } ${wrong} } }`, { id: payment.id });
  const refund = await manages(`($p: ID!, $l: ID!) { refundOrder(input: {lines: [{orderLineId: $l, quantity: 1}], shipping: 0,
    adjustment: 0, paymentId: $p, reason: "broken"}) { ... on Refund { id } ${wrong} } }`, { p: payment.id, l: paid.lines[0].id });
  await manages(`($id: ID!) { settleRefund(input: {id: $id, transactionId: "t1"}) { ... on Refund { id } ${wrong} } }`, { id: refund.id });
  await quiet();

  listening.closeAllConnections();
  await new Promise(done => listening.close(done));
  const before = posts, away = await buys('away', 3);
  await call(shop, 'visitor', '{ products { totalItems } }'); // the shop still serves
  listening = await passOn();
  for (let tries = 0; posts === before && tries < 60; tries++) await pause(1000);
  await quiet();
  console.log(JSON.stringify({ cancelled: cancelled.code, paid: paid.code, away: away.code }));
  process.exit(0);
}

main().catch(error => { console.error(error); process.exit(1); });

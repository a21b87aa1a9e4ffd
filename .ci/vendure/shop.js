// A real Vendure on a SQLite file in memory, with the plugin of connectors/vendure.md. "populate" makes its one product.
require('reflect-metadata');
const compilerOptions = {
  module: 'commonjs', target: 'es2021', experimentalDecorators: true, emitDecoratorMetadata: true, esModuleInterop: true,
};
require('ts-node').register({ transpileOnly: true, compilerOptions });
const { bootstrap, DefaultJobQueuePlugin, DefaultLogger, dummyPaymentHandler, JobQueueService, LogLevel } = require('@vendure/core');
const { populate } = require('@vendure/core/cli');
const { writeFileSync, mkdirSync } = require('fs');
const { ComebackPlugin } = require('./comeback.ts');

const config = {
  apiOptions: { port: Number(process.env.SHOP_PORT), adminApiPath: 'admin-api', shopApiPath: 'shop-api', hostname: '127.0.0.1' },
  authOptions: {
    tokenMethod: ['bearer'], requireVerification: false, cookieOptions: { secret: 'of a test' },
    superadminCredentials: { identifier: 'superadmin', password: 'superadmin' },
  },
  dbConnectionOptions: { type: 'sqljs', autoSave: true, location: './shop.sqlite', synchronize: true, logging: false },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  importExportOptions: { importAssetsDir: './assets' },
  logger: new DefaultLogger({ level: LogLevel.Warn }),
  plugins: [DefaultJobQueuePlugin.init({ pollInterval: 200, backoffStrategy: (_, n) => Math.min(2 ** n, 900) * 200 }), ComebackPlugin],
};

const initial = {
  defaultLanguage: 'en', defaultZone: 'Europe', countries: [{ name: 'Austria', code: 'AT', zone: 'Europe' }],
  taxRates: [{ name: 'Standard', percentage: 20 }], shippingMethods: [{ name: 'Post', price: 490 }], collections: [],
  paymentMethods: [{
    name: 'dummy', handler: { code: 'dummy-payment-handler', arguments: [{ name: 'automaticSettle', value: 'false' }] },
  }],
};

const products = `name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,\
variantAssets,variantFacets
Tea,tea,Green tea,,,,,TEA-1,19.00,standard,100,false,,
`;

async function main() {
  if (process.argv[2] === 'populate') {
    mkdirSync('./assets', { recursive: true });
    writeFileSync('./products.csv', products);
    await (await populate(() => bootstrap(config), initial, './products.csv')).close();
    process.exit(0);
  }
  const app = await bootstrap(config);
  await app.get(JobQueueService).start();
  console.log('READY');
}

// A shop must not end because Comeback is away.
process.on('unhandledRejection', error => { console.error('unhandled', error); process.exit(9); });
main().catch(error => { console.error(error); process.exit(1); });

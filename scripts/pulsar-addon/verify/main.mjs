// Checks the installed addon against a live broker: npm run addon -- --verify [--cycles=1000] [--only=text]
// Broker: VPCAST_PULSAR_URL (pulsar://127.0.0.1:6650) and VPCAST_PULSAR_ADMIN_URL (http://127.0.0.1:8080).
import { acknowledgingChecks } from './acknowledging.mjs';
import { clientsChecks } from './clients.mjs';
import { encryptionChecks } from './encryption.mjs';
import { admin, cleanUp, makeNamespace, option, url } from './harness.mjs';
import { sendingChecks } from './sending.mjs';
import { subscriptionsChecks } from './subscriptions.mjs';

const checks = {
  ...sendingChecks,
  ...subscriptionsChecks,
  ...acknowledgingChecks,
  ...encryptionChecks,
  ...clientsChecks,
};

async function passes(name, check) {
  const start = Date.now();
  try {
    const note = await check();
    console.log(`ok    ${name} (${Date.now() - start} ms)${note ? ` - ${note}` : ''}`);
    return true;
  } catch (error) {
    console.log(`FAIL  ${name}: ${error.stack}`);
    return false;
  }
}

let failed = 0;
try {
  await makeNamespace();
} catch (error) {
  throw new Error(`no usable broker at ${url}, ${admin}`, { cause: error });
}
for (const [name, check] of Object.entries(checks))
  if (name.includes(option('only', '')) && !(await passes(name, check))) failed++;
await cleanUp();
console.log(failed > 0 ? `${failed} FAILED` : 'all checks passed');
process.exit(failed > 0 ? 1 : 0);

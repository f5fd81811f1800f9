import { createSandbox } from './sandbox/index.ts';
const big = createSandbox({ integrations: [{ id: 'x:big', category: 'ATS', records: { ats_applications: 1_000_000 } }] });
const h = { authorization: 'Bearer ks_dev_sandbox', 'x-integration-id': 'x:big' };
let cursor='';
const t = performance.now();
for (let i = 0; i < 80; i++) {
  const r = await big.app.inject({ url: `/v1/ats/applications?page_size=250${cursor ? '&cursor=' + cursor : ''}`, headers: h });
  cursor = r.body.slice(0,200).match(/"next":"([^"]*)"/)![1]!; }
process.stdout.write(String((performance.now() - t)/80)+'\n');

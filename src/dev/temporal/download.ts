/**
 * A script that lets Temporal's SDK download its development server into a folder. The SDK only downloads a server to
 * start it, and leaves its runtime and logger in the process, so this is a process of its own.
 *
 *     node download.ts <folder> <version>
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [downloadDir, version] = process.argv.slice(2);
if (!downloadDir || !version) throw new Error('Usage: download <folder> <version>');
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', downloadDir, version } },
});
await environment.teardown();

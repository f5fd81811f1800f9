/** Loaded first. A Node too old for TypeScript only complains about the extension; this says what to do. */
if (!process.features.typescript) {
  process.stderr.write(
    `The sources need Node 22.18 or newer, and this is ${process.version}. npm ci brings Node 24 unless it was told to run no scripts (ignore-scripts). Run: npm ci --ignore-scripts=false, or install Node 24.\n`,
  );
  process.exit(1);
}

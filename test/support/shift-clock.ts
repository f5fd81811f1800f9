/*
 * Loaded with `node --import`: the clock of the process is off by TEST_CLOCK_SHIFT milliseconds. Timers and
 * `performance.now()` stay right, as on a machine with a wrong clock.
 */
const shiftMs = Number(process.env['TEST_CLOCK_SHIFT'] ?? 0);
const RealDate = Date;
const now = () => RealDate.now() + shiftMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, made) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, made) as Date,
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
});

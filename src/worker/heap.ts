import v8 from 'node:v8';

/**
 * Lets a worker keep its heap while it is idle. V8 makes the heap smaller then, and the next pass collects all of it every 15
 * pages until it has grown again: a record without news cost half as much again (docs/performance.md). Options of the process
 * cannot say it, because NODE_OPTIONS does not take this one.
 */
export function keepHeap(): void {
  v8.setFlagsFromString('--no-memory-reducer');
}

/** The names of a record's fields that have no column. Records of one shape share the list, which costs a comparison each. */
export class UndocumentedNames {
  #names: readonly string[] = [];
  #bytes: readonly Buffer[] = [];
  /** How many names of the record are as in the list. */
  #same = 0;

  begin(): void {
    this.#same = 0;
  }

  /** The next name of the record, as the bytes from `start` to `end`. */
  add(bytes: Buffer, start: number, end: number): void {
    const known = this.#bytes[this.#same];
    if (known?.length === end - start && known.compare(bytes, start, end) === 0) {
      this.#same += 1;
      return;
    }
    this.#names = [...this.#names.slice(0, this.#same), bytes.toString('utf8', start, end)];
    this.#bytes = [...this.#bytes.slice(0, this.#same), Buffer.from(bytes.subarray(start, end))];
    this.#same += 1;
  }

  end(): readonly string[] {
    if (this.#same < this.#names.length) {
      this.#names = this.#names.slice(0, this.#same);
      this.#bytes = this.#bytes.slice(0, this.#same);
    }
    return this.#names;
  }
}

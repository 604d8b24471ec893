/** Passes batches on, and knows how many spans arrived and whether any are on their way. */
export class CountingExporter {
  exported = 0;
  failed = 0;
  #exporter;
  #underWay = 0;
  #waiting = [];

  constructor(exporter) {
    this.#exporter = exporter;
  }

  export(spans, done) {
    this.#underWay++;
    this.#exporter.export(spans, (result) => {
      if (result.code === 0) this.exported += spans.length;
      else this.failed += spans.length;
      done(result);
      if (--this.#underWay === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  /** Resolves once nothing is on its way. */
  async idle() {
    while (this.#underWay > 0) await new Promise((resolve) => this.#waiting.push(resolve));
  }

  shutdown() {
    return this.#exporter.shutdown();
  }
}

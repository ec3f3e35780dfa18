import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { EvaluationContext, JsonValue, Logger, ResolutionDetails } from '@openfeature/core';
import { FlagdCore } from '@openfeature/flagd-core';
import type { Provider } from '@openfeature/server-sdk';
import { readFaults, type Fault } from './fault.ts';

/** How often the file is looked at. Watching by events misses changes across the mounts of a container. */
const POLL_MS = 200;

/**
 * An OpenFeature provider for a file in flagd's format. It evaluates in this process, as flagd would, and reads the file again when it
 * changes. A file that is invalid is reported and changes nothing.
 */
export class FlagFile implements Provider {
  readonly metadata = { name: 'a flag file' };
  readonly #core = new FlagdCore();
  readonly #file: string;
  readonly #stopWatching: () => void;
  #faults: readonly Fault[] = [];

  /** @throws {Error} if the file cannot be read or is invalid */
  constructor(file: string, onChange: (faults: readonly Fault[]) => void, warn: (message: string) => void) {
    this.#file = file;
    this.#read();
    const reload = (): void => {
      try {
        this.#read();
        onChange(this.#faults);
      } catch (error) {
        warn(`${file} is invalid, so the faults stay as they were: ${(error as Error).message}`);
      }
    };
    watchFile(file, { interval: POLL_MS, persistent: false }, reload);
    this.#stopWatching = () => unwatchFile(file, reload);
  }

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  #read(): void {
    const text = readFileSync(this.#file, 'utf8');
    this.#faults = readFaults(text);
    this.#core.setConfigurations(text);
  }

  /** Whether a fault is on: for code that cannot wait for OpenFeature, such as a span's start. */
  isOn(name: string, context: EvaluationContext): boolean {
    return this.#core.resolveObjectEvaluation(name, {}, context).variant === 'on';
  }

  resolveObjectEvaluation<T extends JsonValue>(
    name: string,
    preset: T,
    context: EvaluationContext,
    logger: Logger,
  ): Promise<ResolutionDetails<T>> {
    return Promise.resolve(this.#core.resolveObjectEvaluation(name, preset, context, logger));
  }

  resolveBooleanEvaluation(name: string, preset: boolean, context: EvaluationContext, logger: Logger): Promise<ResolutionDetails<boolean>> {
    return Promise.resolve(this.#core.resolveBooleanEvaluation(name, preset, context, logger));
  }

  resolveNumberEvaluation(name: string, preset: number, context: EvaluationContext, logger: Logger): Promise<ResolutionDetails<number>> {
    return Promise.resolve(this.#core.resolveNumberEvaluation(name, preset, context, logger));
  }

  resolveStringEvaluation<T extends string>(
    name: string,
    preset: T,
    context: EvaluationContext,
    logger: Logger,
  ): Promise<ResolutionDetails<T>> {
    return Promise.resolve(this.#core.resolveStringEvaluation(name, preset, context, logger) as ResolutionDetails<T>);
  }

  onClose(): Promise<void> {
    this.#stopWatching();
    return Promise.resolve();
  }
}

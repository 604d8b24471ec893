import { type Continuation, processWide } from '@ferretjs/core/adapter';

/** Shared by both builds: either may have been the one that was asked. */
const state = processWide('auto.messaging', (): { how: Continuation } => ({ how: 'link' }));

/** Whether a message's span is linked to its producer's, or a part of its trace; see the option `messaging`. */
export function continueMessages(how: Continuation): void {
  state.how = how;
}

export function continuation(): Continuation {
  return state.how;
}

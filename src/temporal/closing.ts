import {
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/**
 * Ends calls that are tried again while the connection is closed. The SDK tries a call again by a timer that outlives
 * the connection, and what that throws of a closed channel nobody could catch: the process would end by it.
 */
export function createClosing(): { readonly interceptors: Interceptor[]; readonly begin: () => void } {
  let isClosing = false;
  const last: Interceptor = (options, nextCall) =>
    (isClosing ? (ENDED as never) : nextCall(options)) as ReturnType<Interceptor>;
  return {
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), last],
    begin: () => void (isClosing = true),
  };
}

const CANCELLED = 1; // grpc
type Listener = { onReceiveStatus?(status: object): void } | undefined;

/** A call that is over as soon as it begins. */
const ENDED = {
  start(metadata: unknown, listener: Listener) {
    listener?.onReceiveStatus?.({ code: CANCELLED, details: 'The connection is closed', metadata });
  },
  ...{ sendMessage() {}, sendMessageWithContext() {}, startRead() {}, halfClose() {}, cancelWithStatus() {} },
  getPeer: () => '',
  getAuthContext: () => null,
};

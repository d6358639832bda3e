// What the chat's and the desk's modules have in common.

declare namespace Shared {
  /** One of a text/event-stream. */
  interface StreamEvent {
    kind: string;
    data: unknown;
  }

  /** What a feed keeps up with. All that is asked of the server throws ApiError. */
  interface Source {
    /** Whether anything is to be kept up with now; asked again when the feed is woken. */
    ready(): boolean;
    /** All that is new, shown when it resolves. */
    fetch(): Promise<unknown>;
    /** The stream's answer. */
    open(signal: AbortSignal): Promise<Response>;
    /** The stream speaks: what happens from here on comes by it. */
    opened(): unknown;
    /** What came together; nothing for a sign of life. */
    read(events: StreamEvent[]): void;
    /** Whether what is shown is all there is. */
    onOnline(online: boolean): void;
    /** The server doesn't know who asks; its code says why. */
    refused(code: string): void;
  }
}

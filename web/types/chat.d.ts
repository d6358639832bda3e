// What the chat and its loader pass around. The API's part is described in docs/channels/web.md.

declare namespace Chat {
  type Author = "bot" | "agent" | "customer";
  type State = "sending" | "waiting" | "sent" | "failed" | "refused";
  type Texts = Record<string, string> & { starters?: string[] };

  interface Config {
    name: string;
    colour: string;
    languages: string[];
    default_language: string;
    texts: Record<string, Texts>;
  }

  interface Button {
    token: string;
    title: string;
  }

  /** A message as the API sends it. */
  interface Message {
    seq: number;
    author: Author;
    text: string;
    at: string;
    buttons?: Button[];
    client_msg_id?: string;
  }

  /** A message that is to be shown. `seq` is infinite until the server has it. */
  interface Content {
    author: Author;
    text: string;
    seq: number;
    at?: Date;
    buttons?: Button[];
    /** The customer's messages have these. */
    id?: string;
    state?: State;
    press?: string;
  }

  /** A message that is shown. */
  interface Entry extends Content {
    element: HTMLElement;
    day: HTMLElement;
    note?: HTMLElement;
    again?: HTMLButtonElement;
    choices?: HTMLElement;
  }

  interface LogHandlers {
    onPress(button: Button): void;
    onRetry(message: Entry): void;
  }

  interface OutboxHandlers {
    /** `wait`: s until it is sent. */
    onState(message: Entry, state: State, wait?: number): void;
    /** The server refused the token. */
    onLost(token?: string | null): void;
  }

  interface ConnectionHandlers {
    onMessages(messages: Message[]): void;
    onTyping(author: Author): void;
    onOnline(online: boolean): void;
    /** The transcript so far is there. */
    onSynced(): void;
    /** The server refused the token. */
    onLost(token?: string | null): void;
  }

  /** What the loader tells the frame; all of it may be missing. */
  interface Told {
    token?: string | null;
    identity?: string;
    open?: boolean;
    focus?: boolean;
  }

  /** What the server puts into the loader. */
  interface LoaderSettings {
    colour: string;
    languages: string[];
    default_language: string;
    texts: Record<string, Record<string, string>>;
  }
}

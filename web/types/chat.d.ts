// What the chat and its loader pass around. The API's part is described in docs/channels/web.md.

declare namespace Chat {
  type Author = "bot" | "agent" | "customer" | "system";
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
    /** The server refused the token, and says why. */
    onLost(token?: string | null, code?: string): unknown;
  }

  interface ConnectionHandlers {
    onMessages(messages: Message[]): void;
    onTyping(author: Author): void;
    onOnline(online: boolean): void;
    /** The transcript so far is there. */
    onSynced(): void;
    /** The server refused the token, and says why. */
    onLost(token?: string | null, code?: string): unknown;
  }

  interface IdentityHandlers {
    /** It may be somebody else from now on, for a reason that is a text's key; `same`: surely not. */
    onOther(why: string, same?: boolean): void;
    /** The same person goes on, by another token. */
    onKnown(): void;
    /** The shop's word doesn't hold, and the chat goes on without it. */
    onUnproven(): void;
  }

  /** What the loader tells the frame; all of it may be missing. */
  interface Told {
    token?: string | null;
    /** The note of a signed-in customer's visit. */
    visit?: string | null;
    identity?: string | null;
    /** The page can be asked who is signed in. */
    asks?: boolean;
    /** The customer has signed out before the frame was there. */
    left?: boolean;
    open?: boolean;
    focus?: boolean;
  }

  /** What the shop's page says of who is signed in. */
  type Provided = string | (() => Promise<string | null> | string | null) | null | undefined;

  /** What the server puts into the loader. */
  interface LoaderSettings {
    colour: string;
    languages: string[];
    default_language: string;
    /** The shop's; "" if it isn't known. */
    email: string;
    texts: Record<string, Record<string, string>>;
  }
}

import type { Change, ChangesMessage } from '../domain/messages/kinds/changes-message.ts';

/** A change that nobody was told of yet. */
export interface UntoldChange {
  /** Unique; opaque to the flow. */
  key: string;
  change: Change;
}

/** Changes between the moment they are made and their message. Methods throw when the storage cannot be reached. */
export interface ChangeNotices {
  untold(signal?: AbortSignal): Promise<UntoldChange[]>;
  /** Whether a message of changes waits for a channel. */
  waits(signal?: AbortSignal): Promise<boolean>;
  /** Takes the message in among those that wait, and its changes out of the untold, at once. False when somebody else was faster: nothing was done. */
  tell(message: ChangesMessage, told: readonly UntoldChange[]): Promise<boolean>;
}

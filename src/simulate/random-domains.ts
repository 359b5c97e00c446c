/** What random words are asked for: the first part of their name (see keyed-random.ts). */
export const SOURCE = 1;
export const DESTINATION = 2;
export const PAYER = 3;
export const ACCOUNT = 4;
export const SIGNATURE = 5;
export const PAYER_SIGNATURE = 6;
export const RETURN = 7;
export const CONTRACT = 8;
export const FRESH_CONTRACT = 9;
export const POOL = 10;
export const CODE = 11;
export const FRESH_CODE = 12;
export const POOL_CODE = 13;
export const LEDGER_HASH = 14;
export const LEDGER_RESULT_HASH = 15;
export const LEDGER_BUCKET_HASH = 16;
export const LEDGER_SIGNATURE = 17;
export const TRANSACTION_SET_HASH = 18;
/** From here on, one for each row of a kind. */
export const ROW_ID = 0x100;
export const FRESH_ROW_ID = 0x200;
export const ROW_VALUE = 0x300;
export const POOL_VALUE = 0x400;

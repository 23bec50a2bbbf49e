// Generated from the folders of src/connectors by `npm run gen`. Do not edit.

export const CONNECTORS = [] as const

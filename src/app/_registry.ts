// Generated from the folders of src/connectors by `npm run gen`. Do not edit.
import rbl from '../connectors/rbl/index.ts'

export const CONNECTORS = [rbl] as const

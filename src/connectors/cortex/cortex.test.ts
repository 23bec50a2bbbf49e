import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import cortex from './index.ts'

testActionConnector(cortex, new URL('./fixtures/', import.meta.url))

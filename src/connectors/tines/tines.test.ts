import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import tines from './index.ts'

testActionConnector(tines, new URL('./fixtures/', import.meta.url))

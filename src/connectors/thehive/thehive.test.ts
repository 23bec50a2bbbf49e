import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import thehive from './index.ts'

testActionConnector(thehive, new URL('./fixtures/', import.meta.url))

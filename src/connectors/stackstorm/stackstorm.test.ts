import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import stackstorm from './index.ts'

testActionConnector(stackstorm, new URL('./fixtures/', import.meta.url))

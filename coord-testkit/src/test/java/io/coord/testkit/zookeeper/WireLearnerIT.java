package io.coord.testkit.zookeeper;

import io.coord.testkit.CoordContract;
import java.lang.reflect.Method;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Sessions and order, which pass a learner on another way than a voter; the rest is {@link WireLearnerContractIT}. */
@ExtendWith(WireLearnerIT.Part.class)
@DisplayName("Sessions and order, kept over ZooKeeper's protocol by a learner")
class WireLearnerIT extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) {
        return WireDoor.ofLearner(settings);
    }

    /** Leaves out the other parts of the contract. */
    static final class Part implements ExecutionCondition {

        private static final Set<String> PARTS = Set.of("SessionContract", "OrderContract");

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            Optional<String> part = context.getTestMethod().map(Method::getDeclaringClass).map(Class::getSimpleName);
            return part.isEmpty() || PARTS.contains(part.get())
                    ? ConditionEvaluationResult.enabled("a learner's matter")
                    : ConditionEvaluationResult.disabled("asked by WireLearnerContractIT");
        }
    }
}

"""Runs a trained model's graph node after node, in place of Rasa's Dask runner."""

from collections.abc import Callable
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage

# A node's name, what it runs, and the sources of its keyword arguments.
Step = tuple[str, Callable[..., Any], dict[str, str]]


class SequentialGraphRunner(GraphRunner):
    """The order of the nodes is worked out once for each target, not once a message."""

    def __init__(self, schema: GraphSchema, nodes: dict[str, GraphNode]) -> None:
        self._schema = schema
        self._nodes = nodes
        self._plans: dict[str, list[Step]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> "SequentialGraphRunner":
        """Loads all nodes. Raises `ValueError` for nodes that a prediction graph doesn't have:
        hooks, and nodes built anew at every run."""
        if hooks or not all(node.eager for node in graph_schema.nodes.values()):
            raise ValueError("the sequential runner is for prediction graphs: eager nodes and no hooks")
        nodes = {
            name: GraphNode.from_schema_node(name, node, model_storage, execution_context)
            for name, node in graph_schema.nodes.items()
        }
        return cls(graph_schema, nodes)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """Runs the nodes that `targets` need, given values for placeholders."""
        wanted = targets or self._schema.target_names
        values = dict(inputs or {})
        for target in wanted:
            for name, function, arguments in self._plan(target):
                if name not in values:
                    values[name] = function(**{key: values[source] for key, source in arguments.items()})
        return {target: values[target] for target in wanted}

    def component(self, node: str) -> Any:
        """The loaded component behind a node."""
        return self._nodes[node]._component

    def _plan(self, target: str) -> list[Step]:
        if target not in self._plans:
            plan: list[Step] = []
            seen: set[str] = set()

            def visit(name: str) -> None:
                if name in seen or name not in self._schema.nodes:
                    return
                seen.add(name)
                node = self._schema.nodes[name]
                for source in node.needs.values():
                    visit(source)
                plan.append((name, getattr(self.component(name), node.fn), dict(node.needs)))

            visit(target)
            self._plans[target] = plan
        return self._plans[target]

from tests.assistant.conftest import core, facts, knowledge, settings, shop_file, stage

__all__ = ["core", "facts", "knowledge", "settings", "shop_file", "stage"]

import pytest

from anonymize import SPAN_TYPES, Deidentifier

presidio = pytest.importorskip("presidio_analyzer")

TEXT = "Where is she now?\nMarisol lives in Tucson.\nAnd marisol called me on 602-555-0143."


@pytest.fixture(scope="module")
def recognizer():
    from anonymize.recognizer import TherapyRecognizer

    return TherapyRecognizer(Deidentifier(b"k" * 32))


def found(results):
    return sorted((TEXT[r.start : r.end], r.entity_type) for r in results)


def test_every_span_type_has_an_entity_of_its_own():
    from anonymize.recognizer import PRESIDIO_ENTITIES, SPAN_TYPES_OF

    assert set(PRESIDIO_ENTITIES) == set(SPAN_TYPES)
    assert len(SPAN_TYPES_OF) == len(PRESIDIO_ENTITIES)


def test_offsets_are_of_the_whole_text_and_lines_are_turns(recognizer):
    assert found(recognizer.analyze(TEXT, [])) == [
        ("602-555-0143", "PHONE_NUMBER"),
        ("Marisol", "PERSON"),
        ("Tucson", "LOCATION"),
        ("marisol", "PERSON"),
    ]


def test_only_the_wanted_entities(recognizer):
    assert found(recognizer.analyze(TEXT, ["LOCATION"])) == [("Tucson", "LOCATION")]


def test_it_stands_in_an_analyzer_engine_beside_stock_recognizers(recognizer):
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import IpRecognizer

    class BlankEngine(SpacyNlpEngine):
        def __init__(self):
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    registry = RecognizerRegistry(recognizers=[recognizer, IpRecognizer()], supported_languages=["en"])
    engine = AnalyzerEngine(registry=registry, nlp_engine=BlankEngine(), supported_languages=["en"])
    assert ("Marisol", "PERSON") in found(engine.analyze(TEXT, "en"))


def test_our_pipeline_serves_stock_presidio_beside_a_third_partys_recognizer(recognizer):
    from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    from anonymize.ner import MODEL

    model = {"lang_code": "en", "model_name": str(MODEL)}
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]}).create_engine()
    bed = PatternRecognizer("BED", patterns=[Pattern("bed", r"\bbed \d\w\b", 0.9)])
    text = "My brother Khoa lay in bed 4b."

    def seen(*recognizers):
        registry = RecognizerRegistry(recognizers=list(recognizers), supported_languages=["en"])
        analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
        return {(text[r.start : r.end], r.entity_type) for r in analyzer.analyze(text, "en")}

    assert seen(SpacyRecognizer()) == {("Khoa", "PERSON")}
    assert seen(recognizer, SpacyRecognizer(), bed) == {("Khoa", "PERSON"), ("bed 4b", "BED")}

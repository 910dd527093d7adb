"""
The examples of the manual's page on the Retrain Data Upload API, run as they stand against the stand-in.

https://predictionone.sony.biz/cloud_manual/operating_instruction/re_train_api/
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.prediction_one import PredictionOneStandIn

FILENAME = "売上 データ.csv"
HEAD = """
import requests
import tempfile
import zipfile
import subprocess

api_url = 'https://developer-api.predictionone.sony.biz/v1/external/retrain_jobs/upload_url'
api_key = 'YOUR_API_KEY'

headers = {'x-api-key': api_key}

"""
TRAINING_FILE_ONLY = """
re_train_data_file_path = 'YOUR_RE_TRAIN_DATA_FILE_PATH'
re_train_data_file_name = 'YOUR_RE_TRAIN_DATA_FILE_NAME'

# request
params = {'filename': re_train_data_file_name}
response = requests.get(api_url, params=params, headers=headers)
response_json = response.json()
retrain_job_id = response_json['retrain_job_id']
upload_url = response_json['upload_url']

# upload_file
with open(re_train_data_file_path, 'rb') as f:
  data = f.read()
res = requests.put(upload_url, data=data)
"""
# Two defects of the manual are left out: tabs that indent the zipfile lines deeper than their block (here: spaces), and
# the last line, `ret = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE)`, whose cmd is not defined.
TRAINING_AND_EVALUATION_FILE = """
re_train_zip_file_name = 'YOUR_RE_TRAIN_ZIP_FILE_NAME'
re_train_data_file_name = 'YOUR_RE_TRAIN_DATA_FILE_NAME'
re_train_data_file_path = 'YOUR_RE_TRAIN_DATA_FILE_PATH'
re_train_eval_data_file_name = 'YOUR_RE_TRAIN_EVAL_DATA_FILE_NAME'
re_train_eval_data_file_path = 'YOUR_RE_TRAIN_EVAL_DATA_FILE_PATH'

with tempfile.TemporaryDirectory() as temp:
  zip_file_path = f'{temp}/{re_train_zip_file_name}'
  with zipfile.ZipFile(zip_file_path, 'w', compression=zipfile.ZIP_DEFLATED) as zf:
    zf.write(re_train_data_file_path, arcname=f'train_src/{re_train_data_file_name}')
    zf.write(re_train_eval_data_file_path, arcname=f'eval_src/{re_train_eval_data_file_name}')

  # request
  params = {'filename': re_train_zip_file_name}
  response = requests.get(api_url, params=params, headers=headers)
  response_json = response.json()
  retrain_job_id = response_json['retrain_job_id']
  upload_url = response_json['upload_url']

  # upload_file
  with open(zip_file_path, 'rb') as f:
    data = f.read()
  res = requests.put(upload_url, data=data)
"""
REPORT = """
import hashlib
res.raise_for_status()
print(retrain_job_id, hashlib.sha256(data).hexdigest())
"""


@pytest.fixture
def data_file(tmp_path: Path) -> Path:
    """Write a data file with a Japanese name, large enough for curl to ask with Expect: 100-continue."""
    path = tmp_path / FILENAME
    path.write_bytes("日付,売上\n".encode() + b"2020-01-05,12345\n" * 150_000)
    return path


def run_example(example: str, service: PredictionOneStandIn, data_file: Path) -> None:
    """Run the manual's code with its placeholders filled in: what it sent is what arrived."""
    values = {
        "https://developer-api.predictionone.sony.biz": service.base_url,
        "YOUR_API_KEY": "KEY",
        "YOUR_RE_TRAIN_ZIP_FILE_NAME": "売上.zip",
        "YOUR_RE_TRAIN_DATA_FILE_NAME": FILENAME,
        "YOUR_RE_TRAIN_DATA_FILE_PATH": str(data_file),
        "YOUR_RE_TRAIN_EVAL_DATA_FILE_NAME": f"評価 {FILENAME}",
        "YOUR_RE_TRAIN_EVAL_DATA_FILE_PATH": str(data_file),
    }
    code = HEAD + example + REPORT
    for placeholder, value in values.items():
        code = code.replace(placeholder, value)
    script = data_file.with_name("example.py")
    script.write_text(code, encoding="utf-8")
    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=30)  # noqa: S603 - the manual's example
    (upload,) = service.uploads
    assert ended.stdout.split() == [upload.retrain_job_id, upload.sha256]


def test_python_example_with_a_training_file(service: PredictionOneStandIn, data_file: Path) -> None:
    """Execution Example 1, training file only."""
    run_example(TRAINING_FILE_ONLY, service, data_file)

    (upload,) = service.uploads
    assert (upload.filename, upload.sha256) == (FILENAME, hashlib.sha256(data_file.read_bytes()).hexdigest())


def test_python_example_with_an_evaluation_file(service: PredictionOneStandIn, data_file: Path) -> None:
    """Execution Example 1, both files in one zip."""
    run_example(TRAINING_AND_EVALUATION_FILE, service, data_file)

    (upload,) = service.uploads
    assert upload.filename == "売上.zip"
    assert 0 < upload.size_bytes < 2 * data_file.stat().st_size


def test_curl_example(service: PredictionOneStandIn, data_file: Path) -> None:
    """Execution Example 2, with the file name in a UTF-8 file."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not on the PATH")
    folder = data_file.parent
    (folder / "param.txt").write_text(FILENAME, encoding="utf-8")
    url = f"{service.base_url}/v1/external/retrain_jobs/upload_url"

    request = f"-o response.json -H x-api-key:KEY -X GET -G {url} --data-urlencode filename@param.txt".split()
    subprocess.run([curl, "-sS", *request], cwd=folder, check=True, timeout=30)  # noqa: S603 - the manual's example
    upload_url = json.loads((folder / "response.json").read_text(encoding="utf-8"))["upload_url"]
    upload = ["-X", "PUT", "--upload-file", str(data_file), upload_url]
    subprocess.run([curl, "-sS", "--fail", *upload], cwd=folder, check=True, timeout=30)  # noqa: S603 - the same

    (stored,) = service.uploads
    assert (stored.filename, stored.sha256) == (FILENAME, hashlib.sha256(data_file.read_bytes()).hexdigest())

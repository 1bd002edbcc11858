"""The picture of the quick start in the README, taken anew while scripts/run runs:

    tests/browser/screenshot.py docs/images/quickstart.png [http://localhost:3000]
"""

import sys

from browser import PATIENCE, shared
from selenium.webdriver.support.wait import WebDriverWait

DONE = "return [...document.querySelectorAll('.side')].every(side => side.dataset.state === 'done')"


def main(path, page="http://localhost:3000"):
    driver = shared().driver
    try:
        driver.set_window_size(1100, 900)
        driver.get(page)
        WebDriverWait(driver, PATIENCE).until(lambda _: driver.find_element("id", "all").is_enabled())
        driver.find_element("id", "all").click()
        WebDriverWait(driver, PATIENCE).until(lambda _: driver.execute_script(DONE))
        driver.save_screenshot(path)
    finally:
        driver.quit()


if __name__ == "__main__":
    main(*sys.argv[1:])
